/** The two ends of a copy: what, and where to. */
import type { JSX } from "preact";
import type { Problem } from "../jobs/document.ts";
import { type CopyForm, placeInRequest } from "./copy-form.ts";
import { faultOf } from "./faults.ts";
import { TextField } from "./field.tsx";

/** What each part of the form for a copy is given. */
export interface FormPart {
  form: CopyForm;
  /** Takes new values of some fields. */
  change(part: Partial<CopyForm>): void;
  /** What the service said of the newest request that it refused. */
  faults: NonNullable<Problem["errors"]>;
}

/** Most destinations of one job (contract §2); the service enforces it. */
const MAX_DESTINATIONS = 16;

/** The form's fields for the source and the destinations. */
export function CopyEnds({ form, change, faults }: FormPart): JSX.Element {
  const { source, destinations } = form;
  const replace = (row: number, ...texts: string[]): void => change({ destinations: destinations.toSpliced(row, 1, ...texts) });
  return (
    <fieldset class="panel ends">
      <legend class="visually-hidden">What to copy, and where to</legend>
      <TextField
        label="Source"
        hint="docker.io/library/busybox:1.36"
        help="A tag or a digest, of any registry. No host is Docker Hub."
        isMono
        isRequired
        value={source}
        error={faultOf(faults, ["source"])}
        onInput={(text) => change({ source: text })}
      />
      <div class="destinations-field">
        {destinations.map((text, row) => (
          <TextField
            key={row}
            label={row === 0 ? "Destination" : `Destination ${row + 1}`}
            hint="registry.example.com/mirror/busybox"
            {...(row === destinations.length - 1 ? { help: "Without a tag it takes the source's." } : {})}
            isMono
            isRequired={row === 0}
            value={text}
            error={
              faultOf(faults, ["destination", String(placeInRequest(destinations, row))]) ??
              (row === 0 ? faultOf(faults, ["destination"], true) : undefined)
            }
            onInput={(next) => replace(row, next)}
          >
            {destinations.length === 1 ? null : (
              <button type="button" class="quiet" aria-label={`Remove destination ${row + 1}`} onClick={() => replace(row)}>
                Remove
              </button>
            )}
          </TextField>
        ))}
        {destinations.length >= MAX_DESTINATIONS ? null : (
          <button type="button" class="quiet add" onClick={() => change({ destinations: [...destinations, ""] })}>
            + Another destination
          </button>
        )}
      </div>
    </fieldset>
  );
}
