import { feedServer } from './server.js';

const port = Number(process.env.FEEDS_PORT);
const folders = (process.env.FEEDS_FOLDERS ?? '').split('\n').filter(Boolean);
feedServer(folders).listen(port, '127.0.0.1', () => console.log(`recorded feeds on http://127.0.0.1:${port} from ${folders.join(', ')}`));
process.on('SIGTERM', () => process.exit(0));
