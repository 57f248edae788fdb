/** Widths of widgets: a dashboard is 24 wide. */
export const FULL = 24;
export const HALF = 12;
export const THIRD = 8;
export const QUARTER = 6;
