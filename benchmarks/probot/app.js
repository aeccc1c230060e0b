// The least that Probot can do with a delivery: check its signature, call a handler that does nothing. It stores nothing.
import { run } from "probot";

await run((app) => {
  app.on("installation.deleted", async () => {});
});
