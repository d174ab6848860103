/** Asks for the token. It is kept in this browser only and sent to this service only. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useAccess, useService } from "./service.ts";

interface TokenDialogProps {
  /**
   * Why the service refuses the token; undefined where the user has opened the dialog. While it is set the dialog stays until a token is entered or
   * forgotten.
   */
  refused: string | undefined;
  close(): void;
}

/** A modal dialog in which a token is entered or forgotten. */
export function TokenDialog({ refused, close }: TokenDialogProps): JSX.Element {
  const service = useService();
  const { hasToken } = useAccess();
  const [text, setText] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const use = (token: string | undefined): void => {
    service.setToken(token);
    close();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const token = text.trim();
    if (token !== "") {
      use(token);
    }
  };
  return (
    <dialog
      ref={dialog}
      class="token"
      aria-labelledby="token-title"
      onClose={close}
      onCancel={(event) => refused !== undefined && event.preventDefault()}
    >
      <form onSubmit={submit}>
        <h2 id="token-title">Token</h2>
        {refused === undefined ? null : (
          <p class="refused" role="alert">
            {refused}
          </p>
        )}
        <p>
          One of the tokens in <code>API_TOKENS</code>. This browser keeps it, and sends it to this service only.
        </p>
        <label class="field">
          <span class="label">Token</span>
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            required
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <div class="actions">
          <button type="submit" class="primary">
            Use this token
          </button>
          {hasToken ? (
            <button type="button" onClick={() => use(undefined)}>
              Forget the token
            </button>
          ) : null}
          {refused === undefined ? (
            <button type="button" class="quiet" onClick={close}>
              Close
            </button>
          ) : null}
        </div>
      </form>
    </dialog>
  );
}
