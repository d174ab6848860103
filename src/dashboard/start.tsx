/** Where the dashboard begins. */
import { render } from "preact";
import { App } from "./app.tsx";
import { Service, ServiceContext } from "./service.ts";

const service = new Service(localStorage);

render(
  <ServiceContext.Provider value={service}>
    <App />
  </ServiceContext.Provider>,
  document.body,
);
