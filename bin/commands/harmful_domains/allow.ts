import { editCommand } from './operator/edit.js';

export const allowCommand = () =>
  editCommand('allow', 'allow', "make an exception of a name, whatever the feeds say; it goes the way of every feed's records", [
    './sluice allow good.example --reason "our own host"',
    './sluice allow "*.good.example" --reason "our own hosts" --until 2099-01-31',
  ]);
