/* What the elements of the course share. */

/* Make an element; text is never read as HTML. */
function make(tag, attributes = {}, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else element.setAttribute(name, value);
  }
  element.append(...content);
  return element;
}
