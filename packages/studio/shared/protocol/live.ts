/** Changes that the server tells by itself. */

/** Every message of `GET /api/live`: runs that are new, gone or other than before. */
export interface LiveChange {
  readonly changed: readonly string[];
}
