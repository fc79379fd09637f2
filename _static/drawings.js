// On a narrow screen a figure opens in full size, by a tap or by a key. It is moved into the
// dialog and back, not copied: its ids stay unique.
window.addEventListener("DOMContentLoaded", () => {
  const dialog = document.createElement("dialog");
  const close = document.createElement("button");
  dialog.className = "drawing-large";
  dialog.ariaLabel = "Figure in full size";
  close.ariaLabel = "Close";
  close.textContent = "×";
  dialog.append(close);
  dialog.addEventListener("click", () => dialog.close());

  for (const picture of document.querySelectorAll("article :is(svg.drawing, img[width])")) {
    const place = document.createElement("div");
    const open = document.createElement("button");
    place.className = "drawing-place";
    const number = picture.closest("figure")?.querySelector(".caption-number")?.textContent.trim();
    open.ariaLabel = `Show ${number ?? "the figure"} in full size`;
    picture.replaceWith(place);
    place.append(picture, open);
    open.addEventListener("click", () => {
      place.style.height = `${place.offsetHeight}px`;
      dialog.append(picture);
      dialog.addEventListener("close", () => {
        place.prepend(picture);
        place.style.height = "";
      }, { once: true });
      dialog.showModal();
    });
  }
  document.body.append(dialog);
});
