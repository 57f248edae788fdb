declare module 'hosts-parser' {
  export default class Hosts {
    constructor(hosts: string);
    toJSON(): { ip: string; hostname: string }[];
  }
}
