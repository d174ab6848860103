/** Fields of forms, each with a label, a help text, and what is wrong with its content. */
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  /** Shown under the field. */
  help?: ComponentChildren;
  /** What is wrong with what was entered. */
  error?: string | undefined;
}

interface TextFieldProps extends FieldProps {
  value: string;
  onInput(text: string): void;
  /** An example of what to enter. */
  hint?: string;
  isMono?: boolean;
  isRequired?: boolean;
  /** Lines; with more than one it is a text area. @default 1 */
  rows?: number;
  inputMode?: "url" | "numeric";
  /** Stands beside the field. */
  children?: ComponentChildren;
}

/** A labelled input for one line of text, or a text area for several. */
export function TextField({
  label,
  help,
  error,
  value,
  onInput,
  hint,
  isMono,
  isRequired,
  rows = 1,
  inputMode,
  children,
}: TextFieldProps): JSX.Element {
  const id = useId();
  const shared = {
    id,
    value,
    placeholder: hint,
    class: isMono ? "mono" : undefined,
    spellcheck: false,
    autocomplete: "off",
    autocapitalize: "off",
    required: isRequired,
    ...describedBy(id, help, error),
  } as const;
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      <div class="field-line">
        {rows > 1 ? (
          <textarea {...shared} rows={rows} onInput={(event) => onInput(event.currentTarget.value)} />
        ) : (
          <input {...shared} type="text" inputMode={inputMode} onInput={(event) => onInput(event.currentTarget.value)} />
        )}
        {children}
      </div>
      <Words id={id} help={help} error={error} />
    </div>
  );
}

interface ChoiceProps<T extends string> extends FieldProps {
  value: T;
  onInput(value: T): void;
  /** The values that can be chosen, each with its label. */
  choices: readonly (readonly [T, string])[];
}

/** A labelled list of which one entry is chosen. */
export function ChoiceField<T extends string>({ label, help, error, value, onInput, choices }: ChoiceProps<T>): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      <select id={id} value={value} {...describedBy(id, help, error)} onChange={(event) => onInput(event.currentTarget.value as T)}>
        {choices.map(([choice, words]) => (
          <option key={choice} value={choice}>
            {words}
          </option>
        ))}
      </select>
      <Words id={id} help={help} error={error} />
    </div>
  );
}

interface CheckProps extends FieldProps {
  isChecked: boolean;
  onInput(isChecked: boolean): void;
}

/** A labelled checkbox. */
export function CheckField({ label, help, error, isChecked, onInput }: CheckProps): JSX.Element {
  const id = useId();
  return (
    <div class="field check">
      <input
        id={id}
        type="checkbox"
        checked={isChecked}
        {...describedBy(id, help, error)}
        onChange={(event) => onInput(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        <Words id={id} help={help} error={error} />
      </div>
    </div>
  );
}

function Words({ id, help, error }: { id: string; help: ComponentChildren; error: string | undefined }): JSX.Element {
  return (
    <>
      {error === undefined ? null : (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {help === undefined ? null : (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </>
  );
}

function describedBy(
  id: string,
  help: ComponentChildren,
  error: string | undefined,
): { "aria-describedby"?: string; "aria-invalid"?: "true" } {
  const ids = [...(error === undefined ? [] : [`${id}-error`]), ...(help === undefined ? [] : [`${id}-help`])];
  return {
    ...(ids.length === 0 ? {} : { "aria-describedby": ids.join(" ") }),
    ...(error === undefined ? {} : { "aria-invalid": "true" }),
  };
}
