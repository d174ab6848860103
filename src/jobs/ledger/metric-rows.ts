/** The rows of the counters, one for each series. */
import type { Increments } from "./metrics.ts";

/** The table `metric` of the ledger. */
export class MetricRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec("CREATE TABLE IF NOT EXISTS metric (series TEXT PRIMARY KEY, value REAL NOT NULL) STRICT, WITHOUT ROWID");
  }

  /** Adds to the series that are named; one that is new begins at 0. */
  add(increments: Increments): void {
    for (const [series, amount] of increments) {
      this.#sql.exec(
        "INSERT INTO metric (series, value) VALUES (?1, ?2) ON CONFLICT (series) DO UPDATE SET value = value + ?2",
        series,
        amount,
      );
    }
  }

  /** Every series with its value, in the order of their names. */
  all(): [series: string, value: number][] {
    return this.#sql
      .exec<{ series: string; value: number }>("SELECT series, value FROM metric ORDER BY series")
      .toArray()
      .map(({ series, value }) => [series, value]);
  }
}
