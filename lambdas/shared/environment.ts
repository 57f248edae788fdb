/** Reads a variable that the CDK app sets. @throws Error naming it */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set: the CDK app sets it on deploy`);
  return value;
}

export function kafkaConnection(): { bootstrapServers: string; auth: 'iam' | 'none'; region: string } {
  const auth = required('KAFKA_AUTH');
  if (auth !== 'iam' && auth !== 'none') throw new Error(`KAFKA_AUTH is ${JSON.stringify(auth)}: use iam or none`);
  return { bootstrapServers: required('KAFKA_BOOTSTRAP_SERVERS'), auth, region: required('AWS_REGION') };
}
