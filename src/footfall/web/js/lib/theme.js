// Light, dark, or as the system has it: chosen here, kept in a cookie that the server reads, said in the address.
import { byId } from "./dom.js";
import { address } from "./view.js";

const YEAR_S = 31_536_000;
const MEDIA = { "": "(prefers-color-scheme: dark)", light: "not all", dark: "all" };

export function makeTheme() {
  const choice = byId("theme");
  choice.value = document.documentElement.dataset.theme ?? "";
  choice.addEventListener("change", () => {
    const theme = choice.value;
    document.cookie = `theme=${theme}; path=/; max-age=${theme ? YEAR_S : 0}; SameSite=Strict`;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    byId("dark").media = MEDIA[theme];
    history.replaceState(null, "", address({ theme }) + location.hash);
    document.dispatchEvent(new Event("themechange"));
  });
}
