/** The page that starts a copy or a dry run. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { JobDocument } from "../jobs/document.ts";
import type { CopyRequest } from "../request/copy-request.ts";
import { CopyEnds } from "./copy-ends.tsx";
import { type CopyForm, EMPTY_FORM, formOf, requestOf } from "./copy-form.ts";
import { CopyOptions } from "./copy-options.tsx";
import { freshKey, rememberRequest } from "./copy-request.ts";
import { otherFaults } from "./faults.ts";
import { Notice, TroubleNotice } from "./notice.tsx";
import { linkToJob } from "./route.ts";
import { type Trouble, useAccess, useService } from "./service.ts";
import { useShown } from "./shown.ts";
import { counted } from "./words.ts";

/** Fields of the request that are fields of the form, each of which shows its own faults. */
const FIELDS = [
  "source",
  "destination",
  "platforms",
  "index",
  "referrers",
  "tags",
  "overwrite",
  "check",
  "stage",
  "foreignLayers",
  "labels",
  "callback",
];

/** The page `#/copy`. `query` fills the form in: `job` with what another job was asked for, else `source` and `destination`. */
export function CopyPage({ query }: { query: URLSearchParams }): JSX.Element {
  const { form, setForm, isFilling } = useForm(query);
  const { send, isBusy, trouble } = useSending(form);
  const summary = useRef<HTMLDivElement>(null);
  const faults = trouble?.errors ?? [];
  useEffect(() => {
    if (trouble !== undefined) {
      summary.current?.focus();
    }
  }, [trouble]);
  const change = (part: Partial<CopyForm>): void => setForm({ ...form, ...part });
  return (
    <>
      <div class="page-head">
        <h1>New copy</h1>
        <p class="muted">Byte for byte: the digest stays.</p>
      </div>
      <form
        class="copy-form"
        aria-busy={isFilling}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send(false);
        }}
      >
        <div ref={summary} tabIndex={-1} class="summary">
          {trouble === undefined ? null : <Refusal trouble={trouble} />}
        </div>
        <CopyEnds form={form} change={change} faults={faults} />
        <CopyOptions form={form} change={change} faults={faults} />
        <div class="actions submit">
          <button type="submit" class="primary" disabled={isBusy}>
            Start the copy
          </button>
          <button type="button" disabled={isBusy} onClick={() => void send(true)}>
            Dry run
          </button>
          <span class="muted">A dry run writes nothing and says what would move.</span>
        </div>
      </form>
    </>
  );
}

/** Why the request was not taken: how many fields are at fault, and those faults that no field shows. */
function Refusal({ trouble }: { trouble: Trouble }): JSX.Element {
  const { errors = [], code } = trouble;
  if (errors.length === 0) {
    return <TroubleNotice trouble={trouble} />;
  }
  return (
    <div role="alert">
      <Notice tone="bad" title={`${counted(errors.length, "thing")} to mend`}>
        <p>{code === "forbidden" ? "This is not allowed to the token, or by POLICY." : "Each is marked at its field."}</p>
        {otherFaults(errors, FIELDS).map(({ detail, pointer }) => (
          <p key={pointer}>
            <code>{pointer}</code> {detail}
          </p>
        ))}
      </Notice>
    </div>
  );
}

interface Sending {
  /** Asks for the copy, or for a dry run of it, and goes to the page of the job. */
  send(isDryRun: boolean): Promise<void>;
  isBusy: boolean;
  /** Why the newest request that failed has failed. */
  trouble: Trouble | undefined;
}

/** Sends what the form holds. */
function useSending(form: CopyForm): Sending {
  const service = useService();
  const [trouble, setTrouble] = useState<Trouble>();
  const [isBusy, setBusy] = useState(false);
  const shown = useShown();
  const last = useRef<{ body: string; key: string }>(undefined);
  const send = async (isDryRun: boolean): Promise<void> => {
    const request = requestOf(form, isDryRun);
    const body = JSON.stringify(request);
    // The same request again, after an answer was lost, is sent with the same key, so that it is the same job.
    const sending = last.current?.body === body ? last.current : { body, key: freshKey() };
    last.current = sending;
    setBusy(true);
    const answer = await service.post<JobDocument>("/copy", request, { "idempotency-key": sending.key });
    setBusy(false);
    if (answer.ok) {
      rememberRequest(answer.value.id, request as CopyRequest);
    }
    if (answer.ok && shown.current) {
      location.hash = linkToJob(answer.value.id);
    } else if (!answer.ok) {
      setTrouble(answer.trouble);
    }
  };
  return { send, isBusy, trouble };
}

/** The form's state: empty, or filled in with what another job was asked for. */
function useForm(query: URLSearchParams): { form: CopyForm; setForm(form: CopyForm): void; isFilling: boolean } {
  const service = useService();
  const { generation } = useAccess();
  const id = query.get("job");
  const [form, setForm] = useState<CopyForm>({
    ...EMPTY_FORM,
    source: query.get("source") ?? "",
    destinations: [query.get("destination") ?? ""],
  });
  const [isFilling, setFilling] = useState(id !== null);
  // `generation` changes with the token, and what the old one was refused may be allowed to the new one.
  useEffect(() => {
    if (id === null) {
      return;
    }
    const stop = new AbortController();
    void service.get<JobDocument>(`/jobs/${encodeURIComponent(id)}`, stop.signal).then((answer) => {
      if (!stop.signal.aborted) {
        setFilling(false);
        if (answer.ok) {
          setForm(formOf(answer.value.request));
        }
      }
    });
    return () => stop.abort();
  }, [service, id, generation]);
  return { form, setForm, isFilling };
}
