/** Where a template says which broker it is. */
export const BROKER_METADATA = 'SluiceBroker';
