/** JSON of a template, as far as nothing is known of it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface TemplateJson {
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: JsonObject }>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: Json; readonly Export?: { readonly Name: Json } }>>;
}

/** A resource of one of the templates. */
export interface Resource {
  /** `stack.LogicalId`. */
  readonly id: string;
  readonly stack: string;
  readonly type: string;
  readonly properties: JsonObject;
}

export const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
export const listOf = (value: Json | undefined): readonly Json[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
/** What stands at a path of properties, through objects alone. */
export const at = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);

/** Account and region of everything here, those of this machine: a walk needs no real ones. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'stack',
  'AWS::StackId': 'stack',
  'AWS::NoValue': '',
};

/** The property that names a resource, and its ARN behind `arn:aws:`. */
const NAMED: Readonly<Record<string, readonly [property: string, arn: (name: string) => string]>> = {
  'AWS::S3::Bucket': ['BucketName', (name) => `s3:::${name}`],
  'AWS::DynamoDB::Table': ['TableName', (name) => `dynamodb:${REGION}:${ACCOUNT}:table/${name}`],
  'AWS::SQS::Queue': ['QueueName', (name) => `sqs:${REGION}:${ACCOUNT}:${name}`],
  'AWS::SNS::Topic': ['TopicName', (name) => `sns:${REGION}:${ACCOUNT}:${name}`],
  'AWS::KMS::Key': ['', (name) => `kms:${REGION}:${ACCOUNT}:key/${name}`],
  'AWS::Logs::LogGroup': ['LogGroupName', (name) => `logs:${REGION}:${ACCOUNT}:log-group:${name}:*`],
  'AWS::Lambda::Function': ['FunctionName', (name) => `lambda:${REGION}:${ACCOUNT}:function:${name}`],
  'AWS::IAM::Role': ['RoleName', (name) => `iam::${ACCOUNT}:role/${name}`],
  'AWS::StepFunctions::StateMachine': ['StateMachineName', (name) => `states:${REGION}:${ACCOUNT}:stateMachine:${name}`],
  'AWS::Glue::Job': ['Name', (name) => `glue:${REGION}:${ACCOUNT}:job/${name}`],
  'AWS::Glue::SecurityConfiguration': ['Name', (name) => `glue:${REGION}:${ACCOUNT}:securityConfiguration/${name}`],
  'AWS::SecretsManager::Secret': ['Name', (name) => `secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-??????`],
  'AWS::CloudFront::Distribution': ['', (name) => `cloudfront::${ACCOUNT}:distribution/${name}`],
  'AWS::MSK::Cluster': ['ClusterName', (name) => `kafka:${REGION}:${ACCOUNT}:cluster/${name}/uuid`],
  'AWS::MSK::ServerlessCluster': ['ClusterName', (name) => `kafka:${REGION}:${ACCOUNT}:cluster/${name}/uuid`],
};
/** Types whose `Ref` is their ARN. */
const REF_IS_ARN: ReadonlySet<string> = new Set([
  'AWS::SNS::Topic',
  'AWS::StepFunctions::StateMachine',
  'AWS::SecretsManager::Secret',
  'AWS::MSK::Cluster',
  'AWS::MSK::ServerlessCluster',
]);

interface Output {
  readonly stack: string;
  readonly value: Json;
}

/** The templates of a stage together: every reference is followed to the resource that it means, across stacks. */
export class StageTemplates {
  readonly resources: readonly Resource[];
  private readonly byId: ReadonlyMap<string, Resource>;
  private readonly exports = new Map<string, Output>();
  /** By stack and name. */
  private readonly outputs = new Map<string, Output>();

  /** @param templates by the name of their stack */
  constructor(templates: Readonly<Record<string, TemplateJson>>) {
    this.resources = Object.entries(templates).flatMap(([stack, { Resources = {} }]) =>
      Object.entries(Resources).map(([logicalId, { Type, Properties = {} }]) => ({ id: `${stack}.${logicalId}`, stack, type: Type, properties: Properties })),
    );
    this.byId = new Map(this.resources.map((resource) => [resource.id, resource]));
    for (const [stack, { Outputs = {} }] of Object.entries(templates))
      for (const [name, { Value, Export }] of Object.entries(Outputs)) {
        this.outputs.set(`${stack}.${name}`, { stack, value: Value });
        if (Export) this.exports.set(this.text(Export.Name, stack), { stack, value: Value });
      }
  }

  ofType(...types: readonly string[]): readonly Resource[] {
    return this.resources.filter(({ type }) => types.includes(type));
  }

  /** The name that a resource is given; where CloudFormation makes one, its id in angle brackets. */
  nameOf({ id, stack, type, properties }: Resource): string {
    const [property] = NAMED[type] ?? [''];
    const given = property === '' ? undefined : properties[property];
    return given === undefined ? `<${id}>` : this.text(given, stack);
  }

  arnOf(resource: Resource): string {
    const named = NAMED[resource.type];
    return named ? `arn:aws:${named[1](this.nameOf(resource))}` : `<${resource.id}.Arn>`;
  }

  /** The resource that an ARN, a name or a `Ref` of it means, of one type. */
  find(type: string, value: string): Resource | undefined {
    return this.ofType(type).find((resource) => value === this.arnOf(resource) || value === this.nameOf(resource));
  }

  /** @throws Error where a reference leads nowhere: a walk that skips what it cannot follow proves nothing */
  text(value: Json | undefined, stack: string): string {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    const [entry] = isObject(value) ? Object.entries(value) : [];
    if (!entry) throw new Error(`${stack}: ${JSON.stringify(value)} is no text`);
    const [name, argument] = entry;
    switch (name) {
      case 'Ref':
        return this.ref(this.text(argument, stack), stack);
      case 'Fn::GetAtt':
        return this.attribute(typeof argument === 'string' ? argument.split('.') : listOf(argument).map((part) => this.text(part, stack)), stack);
      case 'Fn::ImportValue':
        return this.imported(this.text(argument, stack), stack);
      case 'Fn::GetStackOutput':
        return this.output(this.text(at(argument, 'StackName'), stack), this.text(at(argument, 'OutputName'), stack), stack);
      case 'Fn::Join': {
        const [separator, parts] = listOf(argument);
        return this.texts(parts, stack).join(this.text(separator, stack));
      }
      case 'Fn::Select': {
        const [index, parts] = listOf(argument);
        const chosen = this.texts(parts, stack)[Number(index)];
        if (chosen === undefined) throw new Error(`${stack}: ${JSON.stringify(value)} selects what is not there`);
        return chosen;
      }
      case 'Fn::Sub':
        return this.substituted(argument, stack);
      default:
        throw new Error(`${stack}: ${JSON.stringify(value)} cannot be followed`);
    }
  }

  private texts(value: Json | undefined, stack: string): readonly string[] {
    if (isObject(value) && 'Fn::Split' in value) {
      const [separator, text] = listOf(value['Fn::Split']);
      return this.text(text, stack).split(this.text(separator, stack));
    }
    if (isObject(value) && 'Fn::GetAZs' in value) return ['a', 'b', 'c'].map((zone) => `${REGION}${zone}`);
    return listOf(value).map((part) => this.text(part, stack));
  }

  private resource(logicalId: string, stack: string): Resource {
    const found = this.byId.get(`${stack}.${logicalId}`);
    if (!found) throw new Error(`${stack}: there is no resource ${logicalId}`);
    return found;
  }

  private ref(name: string, stack: string): string {
    const pseudo = PSEUDO[name];
    if (pseudo !== undefined) return pseudo;
    // Of CDK's bootstrap and its assets: values of SSM, whose content is no concern of roles here.
    if (!this.byId.has(`${stack}.${name}`) && /^(AssetParameters|BootstrapVersion|SsmParameterValue)/.test(name)) return `<${name}>`;
    const resource = this.resource(name, stack);
    return REF_IS_ARN.has(resource.type) ? this.arnOf(resource) : this.nameOf(resource);
  }

  private attribute([logicalId = '', ...path]: readonly string[], stack: string): string {
    const resource = this.resource(logicalId, stack);
    return path.join('.') === 'Arn' || path.join('.') === 'TopicArn' ? this.arnOf(resource) : `<${resource.id}.${path.join('.')}>`;
  }

  private imported(name: string, stack: string): string {
    const exported = this.exports.get(name);
    if (!exported) throw new Error(`${stack}: imports ${name}, which no stack exports`);
    return this.text(exported.value, exported.stack);
  }

  /** @param of the stack's own name, `APP-STAGE-STACK` */
  private output(of: string, name: string, stack: string): string {
    const output = this.outputs.get(`${of.split('-').slice(2).join('-')}.${name}`);
    if (!output) throw new Error(`${stack}: reads ${name} of ${of}, which it does not give`);
    return this.text(output.value, output.stack);
  }

  private substituted(argument: Json | undefined, stack: string): string {
    const [text, variables]: readonly (Json | undefined)[] = typeof argument === 'string' ? [argument] : listOf(argument);
    return this.text(text, stack).replaceAll(/\$\{([^}!]+)\}/g, (_, name: string) => {
      if (isObject(variables) && name in variables) return this.text(variables[name], stack);
      return name.includes('.') && !name.startsWith('AWS::') ? this.attribute(name.split('.'), stack) : this.ref(name, stack);
    });
  }
}
