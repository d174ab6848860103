/** The form's fields for copying many tags of a repository at once. */
import type { JSX } from "preact";
import type { FormPart } from "./copy-ends.tsx";
import { faultOf } from "./faults.ts";
import { ChoiceField, TextField } from "./field.tsx";

/** Which of the source's tags are copied: the one that it names, all, or those that meet a filter. */
export function CopyTags({ form, change, faults }: FormPart): JSX.Element {
  return (
    <fieldset class="panel">
      <legend>Tags</legend>
      <ChoiceField
        label="Which tags"
        value={form.tags}
        error={faultOf(faults, ["tags"], true)}
        onInput={(tags) => change({ tags })}
        choices={[
          ["one", "the one that the source names"],
          ["all", "all of the source's repository"],
          ["filter", "those that meet all of these conditions …"],
        ]}
        {...(form.tags === "one" ? {} : { help: "Source and destination then name neither tag nor digest." })}
      />
      {form.tags === "filter" ? <TagFilterFields form={form} change={change} faults={faults} /> : null}
    </fieldset>
  );
}

/** The conditions of a filter; a tag has to meet all that are filled in. */
function TagFilterFields({ form, change, faults }: FormPart): JSX.Element {
  const fault = (name: string): string | undefined => faultOf(faults, ["tags", name]);
  return (
    <div class="grid">
      <TextField
        label="Include"
        help="One pattern on each line: a glob, or a /regular expression/."
        hint={"1.*"}
        rows={3}
        isMono
        value={form.include}
        error={fault("include")}
        onInput={(include) => change({ include })}
      />
      <TextField
        label="Exclude"
        help="One pattern on each line."
        hint={"*-rc*"}
        rows={3}
        isMono
        value={form.exclude}
        error={fault("exclude")}
        onInput={(exclude) => change({ exclude })}
      />
      <TextField
        label="Versions"
        hint=">=1.2 <2"
        help="A range of semantic versions."
        isMono
        value={form.semver}
        error={fault("semver")}
        onInput={(semver) => change({ semver })}
      />
      <TextField
        label="Only the latest"
        hint="5"
        help="So many of the newest versions."
        inputMode="numeric"
        value={form.latest}
        error={fault("latest")}
        onInput={(latest) => change({ latest })}
      />
    </div>
  );
}
