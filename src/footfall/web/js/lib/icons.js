// Line icons of 16 by 16, drawn here so that no file is fetched for them.
import { svg } from "./dom.js";

const PATHS = {
  how: ["M6 6a2 2 0 1 1 3 1.7c-.7.4-1 .8-1 1.6", "M8 11.6v.4", "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13z"],
  table: ["M1.5 2.5h13v11h-13z", "M1.5 6.2h13", "M1.5 9.9h13", "M6 6.2v7.3"],
  save: ["M8 2v8", "M4.8 7L8 10.2L11.2 7", "M2.5 13.5h11"],
  filter: ["M2 3.5h12l-4.5 5.5v4l-3-1.5V9z"],
  close: ["M3.5 3.5l9 9", "M12.5 3.5l-9 9"],
};

export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", "aria-hidden": "true" },
    PATHS[name].map((d) => svg("path", { d })),
  );
}
