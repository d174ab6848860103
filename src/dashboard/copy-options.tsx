/** The form's fields for the options of a copy, each of which says what it does. */
import type { JSX } from "preact";
import type { FormPart } from "./copy-ends.tsx";
import { CopyTags } from "./copy-tags.tsx";
import { CopyTelling } from "./copy-telling.tsx";
import { faultOf } from "./faults.ts";
import { CheckField, ChoiceField, TextField } from "./field.tsx";

/** The form's fields for everything but the two ends of a copy. */
export function CopyOptions(part: FormPart): JSX.Element {
  return (
    <>
      <WhatGoesAlong {...part} />
      <CopyTags {...part} />
      <HowItIsCopied {...part} />
      <CopyTelling {...part} />
    </>
  );
}

function WhatGoesAlong({ form, change, faults }: FormPart): JSX.Element {
  return (
    <fieldset class="panel">
      <legend>What goes along</legend>
      <div class="grid">
        <TextField
          label="Platforms"
          hint="all of them"
          help="Such as linux/amd64, linux/arm64."
          isMono
          value={form.platforms}
          error={faultOf(faults, ["platforms"])}
          onInput={(platforms) => change({ platforms })}
        />
        <ChoiceField
          label="With platforms, the destination's tag stands for"
          value={form.index}
          error={faultOf(faults, ["index"])}
          onInput={(index) => change({ index })}
          choices={[
            ["sparse", "the whole index, byte for byte (sparse)"],
            ["single", "the one platform's manifest (single)"],
            ["rewrite", "a new, smaller index (rewrite)"],
          ]}
          help="Only sparse keeps the digest."
        />
      </div>
      <CheckField
        label="Signatures, SBOMs and attestations too"
        help="Everything that is attached to a copied manifest: OCI referrers and cosign's tags."
        isChecked={form.referrers}
        error={faultOf(faults, ["referrers"])}
        onInput={(referrers) => change({ referrers })}
      />
    </fieldset>
  );
}

function HowItIsCopied({ form, change, faults }: FormPart): JSX.Element {
  return (
    <fieldset class="panel">
      <legend>How</legend>
      <div class="grid">
        <ChoiceField
          label="A tag that exists with another digest"
          value={form.overwrite}
          error={faultOf(faults, ["overwrite"])}
          onInput={(overwrite) => change({ overwrite })}
          choices={[
            ["always", "is overwritten (always)"],
            ["never", "is left alone (never)"],
          ]}
        />
        <ChoiceField
          label="Where the manifest is there already"
          value={form.check}
          error={faultOf(faults, ["check"])}
          onInput={(check) => change({ check })}
          choices={[
            ["shallow", "nothing more is looked at (shallow)"],
            ["deep", "everything below it is checked (deep)"],
          ]}
        />
        <ChoiceField
          label="Blobs pass through R2"
          value={form.stage}
          error={faultOf(faults, ["stage"])}
          onInput={(stage) => change({ stage })}
          choices={[
            ["auto", "where that helps (auto)"],
            ["always", "always"],
            ["never", "never"],
          ]}
        />
        <ChoiceField
          label="Layers that may not be distributed"
          value={form.foreignLayers}
          error={faultOf(faults, ["foreignLayers"])}
          onInput={(foreignLayers) => change({ foreignLayers })}
          choices={[
            ["skip", "stay where they are (skip)"],
            ["copy", "are copied too (copy)"],
          ]}
        />
      </div>
    </fieldset>
  );
}
