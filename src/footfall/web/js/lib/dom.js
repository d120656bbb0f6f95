// Building elements. Text always becomes a text node: nothing that came from data is ever parsed as HTML.

/** An element with attributes and children; `class`, `text`, `style` (an object) and `on…` are understood. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** As `h`, in SVG's namespace. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name === "style") for (const [key, v] of Object.entries(value)) element.style.setProperty(key, v);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** Changes what is in `box`; a focus on a control in it stays on the control of the same place. */
export function keepFocus(box, change) {
  const controls = () => [...box.querySelectorAll("a[href], button")];
  const at = box.contains(document.activeElement) ? controls().indexOf(document.activeElement) : -1;
  change();
  if (at >= 0) controls()[at]?.focus({ preventScroll: true });
}

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** What the server told the page: shop, currency, links. */
export const page = document.documentElement.dataset;
