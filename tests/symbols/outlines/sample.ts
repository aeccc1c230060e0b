@Injectable()
export abstract class Client<T> implements Sender {
  private retries: number = 1;
  constructor(private http: Http) {}
  abstract open(): void;
  send(request: string): void;
  send(request: Request): void;
  send(request: any) {
    return request;
  }
  /** Glued to a decorated method. */
  @HostListener('x')
  onX(): void {}
}

export interface Sender {
  name: string;
  send(request: string): void;
}

export type Id = string | number;
export enum State {
  Open = 1,
  Closed = 2,
}
export namespace Http.Errors {
  export function raise(code: number): never {
    throw new Error(`
${code}`);
  }
}
declare module "x" {
  export function g(): void;
}
export const handler = async () => {
  const local = 1;
};
