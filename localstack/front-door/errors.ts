/** An error in the shape that AWS SDKs know: `__type` and `message`, status 400. */
export class ServiceError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
