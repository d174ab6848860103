/** The form's fields for labels and callbacks. */
import type { JSX } from "preact";
import type { FormPart } from "./copy-ends.tsx";
import type { CallbackEvent } from "./copy-form.ts";
import { faultOf } from "./faults.ts";
import { CheckField, ChoiceField, TextField } from "./field.tsx";

const EVENTS: readonly (readonly [CallbackEvent, string])[] = [
  ["started", "It starts"],
  ["progress", "It moves"],
  ["completed", "It has ended"],
];

/** The job's labels, and where its callbacks go. */
export function CopyTelling(part: FormPart): JSX.Element {
  const { form, change, faults } = part;
  return (
    <fieldset class="panel">
      <legend>Labels and callback</legend>
      <Labels {...part} />
      <TextField
        label="Callback URL"
        hint="https://ci.example.com/hook"
        help="The job is posted there, signed as Standard Webhooks where CALLBACK_SECRET is set. A secret may stand in the query: it is shown to nobody."
        inputMode="url"
        isMono
        value={form.callbackUrl}
        error={faultOf(faults, ["callback", "url"]) ?? faultOf(faults, ["callback"], true)}
        onInput={(callbackUrl) => change({ callbackUrl })}
      />
      {form.callbackUrl.trim() === "" ? null : <CallbackOptions {...part} />}
    </fieldset>
  );
}

/** One row for each label, and a button that adds one. */
function Labels({ form: { labels }, change, faults }: FormPart): JSX.Element {
  const replace = (row: number, ...next: typeof labels): void => change({ labels: labels.toSpliced(row, 1, ...next) });
  const fault = faultOf(faults, ["labels"], true);
  return (
    <>
      {labels.map(({ name, value }, row) => (
        <div class="label-row" key={row}>
          <TextField
            label={`Label ${row + 1}`}
            hint="ticket"
            value={name}
            error={faultOf(faults, ["labels", name])}
            onInput={(next) => replace(row, { name: next, value })}
          />
          <TextField label={`Value ${row + 1}`} hint="OPS-7" value={value} onInput={(next) => replace(row, { name, value: next })} />
          <button type="button" class="quiet" aria-label={`Remove label ${row + 1}`} onClick={() => replace(row)}>
            Remove
          </button>
        </div>
      ))}
      {fault === undefined ? null : <p class="field-error">{fault}</p>}
      <button type="button" class="quiet add" onClick={() => change({ labels: [...labels, { name: "", value: "" }] })}>
        + A label
      </button>
    </>
  );
}

/** In which format a callback comes, and at which events. */
function CallbackOptions({ form: { callbackFormat, callbackEvents }, change, faults }: FormPart): JSX.Element {
  const fault = faultOf(faults, ["callback", "events"]);
  // In the order of the list, whichever was chosen first.
  const eventsWith = (event: CallbackEvent, isChosen: boolean): CallbackEvent[] =>
    EVENTS.map(([one]) => one).filter((one) => (one === event ? isChosen : callbackEvents.includes(one)));
  return (
    <div class="grid">
      <ChoiceField
        label="Format"
        value={callbackFormat}
        error={faultOf(faults, ["callback", "format"])}
        onInput={(format) => change({ callbackFormat: format })}
        choices={[
          ["standard", "Standard Webhooks"],
          ["cloudevents", "CloudEvents"],
        ]}
      />
      <fieldset class="checks">
        <legend class="label">Told when</legend>
        {EVENTS.map(([event, words]) => (
          <CheckField
            key={event}
            label={words}
            isChecked={callbackEvents.includes(event)}
            onInput={(isChecked) => change({ callbackEvents: eventsWith(event, isChecked) })}
          />
        ))}
        {fault === undefined ? null : <p class="field-error">{fault}</p>}
      </fieldset>
    </div>
  );
}
