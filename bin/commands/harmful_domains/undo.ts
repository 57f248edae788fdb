import { editCommand } from './operator/edit.js';

export const undoCommand = () => editCommand('undo', 'remove', 'take back what was allowed or denied', ['./sluice undo good.example']);
