// What the client's exit statuses mean.

/** The job succeeded, or what was asked for was done. */
export const DONE = 0;
/** The job failed or was cancelled, or the service refuses the request. */
export const FAILED = 1;
/** The command line can't be read. */
export const USAGE = 2;
/** The service was not reached, or stopped answering. */
export const NOT_REACHED = 3;

/** A command that ends with a status and a sentence for standard error. */
export class Exit extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}
