/** A table that is made when something is first written to it: an object that is only asked leaves no database behind. */
export class LazyTable {
  readonly #sql: SqlStorage;
  readonly #name: string;
  readonly #columns: string;
  #isMade: boolean | undefined;

  /** `columns` is what stands in the parentheses of `CREATE TABLE`; the table is a `STRICT` one. */
  constructor(sql: SqlStorage, name: string, columns: string) {
    this.#sql = sql;
    this.#name = name;
    this.#columns = columns;
  }

  /** Whether anything was ever written. The database is asked once, and asking writes nothing. */
  isMade(): boolean {
    this.#isMade ??= this.#sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", this.#name).toArray().length > 0;
    return this.#isMade;
  }

  /** Makes the table where there is none yet; to be called before each write. */
  make(): void {
    if (!this.isMade()) {
      this.#sql.exec(`CREATE TABLE ${this.#name} (${this.#columns}) STRICT`);
      this.#isMade = true;
    }
  }
}
