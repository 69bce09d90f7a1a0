/** Requests that cannot be answered; the page shows the sentence. */
import { UmMaeError } from 'um-mae/runs';

/** The requested thing does not exist, or not any more. */
export class NotFoundError extends UmMaeError {
  override readonly name = 'NotFoundError';

  constructor(message: string, options?: ErrorOptions) {
    super('not-found', message, options);
  }
}

/** Something was changed elsewhere since the page has seen it. */
export class ConflictError extends UmMaeError {
  override readonly name = 'ConflictError';

  constructor(message: string) {
    super('conflict', message);
  }
}

/** An error of the folder, address or port that the studio is to be served with. */
export class ServeError extends UmMaeError {
  override readonly name = 'ServeError';

  constructor(message: string, options?: ErrorOptions) {
    super('serve', message, options);
  }
}
