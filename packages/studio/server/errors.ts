/** Requests that cannot be answered; the page shows the sentence. */
import { UmMaeError } from 'um-mae/runs';

/** What was asked for is not, or no longer, there. */
export class NotFoundError extends UmMaeError {
  override readonly name = 'NotFoundError';

  constructor(message: string, options?: ErrorOptions) {
    super('not-found', message, options);
  }
}

/** The studio cannot be served as asked: its folder, address or port. */
export class ServeError extends UmMaeError {
  override readonly name = 'ServeError';

  constructor(message: string, options?: ErrorOptions) {
    super('serve', message, options);
  }
}
