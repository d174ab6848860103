/**
 * Counts what Cloudflare bills for, from outside: the classes of the Durable Objects, their storage and the bucket are watched at their
 * prototypes, so that the code that is counted knows nothing of it. For one isolate, and for every object in it.
 */
import type { ObjectUsage, Usage } from "../../scripts/cost/usage.ts";

/** An object at work. */
interface Work {
  open: number;
  since: number;
}

// biome-ignore lint/suspicious/noExplicitAny: a method of anything, passed through as it is
type Method = (...args: any[]) => any;
type Prototype = Record<string, Method>;

interface Instance {
  ctx: DurableObjectState;
}

export class CostMeter {
  readonly #objects: Record<string, ObjectUsage> = {};
  readonly #r2 = { classA: 0, classB: 0 };
  readonly #work = new Map<Instance, Work>();
  readonly #sizes = new Map<string, number>();
  readonly #cursors = new WeakMap<SqlStorage, SqlStorageCursor<Record<string, SqlStorageValue>>[]>();
  /** Rows of the synchronous key-value storage, and alarms, by what they were asked of. */
  readonly #rows = new WeakMap<object, { read: number; written: number }>();
  #knowsStorage = false;

  /** Watches classes, by the names that they are to be counted under. Once for each. */
  watchObjects(classes: Readonly<Record<string, { prototype: object }>>): void {
    for (const [name, { prototype }] of Object.entries(classes)) {
      this.#objects[name] = { requests: 0, heldMs: 0, rowsRead: 0, rowsWritten: 0, storedBytes: 0 };
      for (const method of Object.getOwnPropertyNames(prototype).filter((key) => key !== "constructor")) {
        this.#watchMethod(name, prototype as Prototype, method);
      }
    }
  }

  /** Watches the bucket's class, of all buckets. */
  watchBucket(bucket: R2Bucket): void {
    const prototype = Object.getPrototypeOf(bucket) as Prototype;
    for (const name of ["put", "list", "createMultipartUpload"]) {
      after(prototype, name, () => {
        this.#r2.classA += 1;
      });
    }
    for (const name of ["get", "head"]) {
      after(prototype, name, () => {
        this.#r2.classB += 1;
      });
    }
  }

  /** What was counted so far. Complete once nothing is at work. */
  read(): Usage {
    return structuredClone({ objects: this.#objects, r2: this.#r2 });
  }

  #watchMethod(className: string, prototype: Prototype, name: string): void {
    const original = prototype[name];
    const begin = (instance: Instance) => this.#begin(className, instance);
    const end = (instance: Instance) => this.#end(className, instance);
    prototype[name] = async function (this: unknown, ...args: unknown[]) {
      const instance = this as Instance;
      begin(instance);
      try {
        return await original?.apply(this, args);
      } finally {
        end(instance);
      }
    };
  }

  #begin(className: string, instance: Instance): void {
    this.#watchStorage(instance.ctx.storage);
    this.#usage(className).requests += 1;
    const work = this.#work.get(instance) ?? { open: 0, since: Date.now() };
    work.open += 1;
    this.#work.set(instance, work);
  }

  #end(className: string, instance: Instance): void {
    const usage = this.#usage(className);
    const work = this.#work.get(instance);
    if (work !== undefined) {
      work.open -= 1;
      if (work.open === 0) {
        usage.heldMs += Date.now() - work.since;
        this.#work.delete(instance);
      }
    }
    const { storage, id } = instance.ctx;
    for (const cursor of this.#cursors.get(storage.sql) ?? []) {
      usage.rowsRead += cursor.rowsRead;
      usage.rowsWritten += cursor.rowsWritten;
    }
    this.#cursors.delete(storage.sql);
    for (const place of [storage, storage.kv]) {
      const rows = this.#rows.get(place);
      usage.rowsRead += rows?.read ?? 0;
      usage.rowsWritten += rows?.written ?? 0;
      this.#rows.delete(place);
    }
    const object = `${className} ${id}`;
    usage.storedBytes += storage.sql.databaseSize - (this.#sizes.get(object) ?? 0);
    this.#sizes.set(object, storage.sql.databaseSize);
  }

  /** The classes of the storage have no names to be reached by: the first object that works leads to them. What its constructor did is not counted. */
  #watchStorage(storage: DurableObjectStorage): void {
    if (this.#knowsStorage) {
      return;
    }
    this.#knowsStorage = true;
    // A cursor knows its rows only when it was read to its end: they are added when the call that made it ends.
    after(Object.getPrototypeOf(storage.sql), "exec", (sql, cursor) => {
      this.#cursors.set(sql as SqlStorage, [...(this.#cursors.get(sql as SqlStorage) ?? []), cursor as never]);
    });
    const count = (read: number, written: number) => (place: object) => {
      const rows = this.#rows.get(place) ?? { read: 0, written: 0 };
      this.#rows.set(place, { read: rows.read + read, written: rows.written + written });
    };
    after(Object.getPrototypeOf(storage), "setAlarm", count(0, 1));
    after(Object.getPrototypeOf(storage.kv), "get", count(1, 0));
    after(Object.getPrototypeOf(storage.kv), "put", count(0, 1));
  }

  #usage(className: string): ObjectUsage {
    const usage = this.#objects[className];
    if (usage === undefined) {
      throw new Error(`${className} is not watched`);
    }
    return usage;
  }
}

/** Has `see` look at each call of a method after it was made, with the object that it was made on and what it gave. */
function after(prototype: Prototype, name: string, see: (on: object, result: unknown) => void): void {
  const original = prototype[name];
  if (original === undefined) {
    throw new Error(`there is no ${name} to watch`);
  }
  prototype[name] = function (this: object, ...args: unknown[]) {
    const result: unknown = original.apply(this, args);
    see(this, result);
    return result;
  };
}
