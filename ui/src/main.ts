/** Opens the window's page. */
import { mount } from "svelte";

import { app } from "./app.svelte";
import App from "./App.svelte";
import { open } from "./backend";
import { restoreZoom } from "./zoom";

const target = document.getElementById("window");
if (!target) throw new Error("the page has no place for the window");

restoreZoom();
const backend = await open();
mount(App, { target });
await app.start(backend);
