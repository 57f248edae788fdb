declare module 'hosts-parser' {
  export class Hosts {
    constructor(hosts: string);
    toJSON(): { ip: string; hostname: string }[];
  }
}
