import { editCommand } from './operator/edit.js';

export const denyCommand = () =>
  editCommand('deny', 'deny', 'hold a name for harmful, whatever the feeds say', ['./sluice deny bad.example --reason "seen in our logs" --until 2099-01-31']);
