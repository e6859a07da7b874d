const link = document.getElementById("open");
const copy = document.getElementById("copy");
const said = document.getElementById("said");
if (location.hash.length > 1) {
  link.href = "ownkey://join?link=" + encodeURIComponent(location.href);
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.href);
    said.textContent = "Copied. Paste it on Ownkey's welcome screen.";
  });
} else {
  said.textContent = "This link is not complete. Please open the link exactly as you received it.";
  link.hidden = true;
  copy.hidden = true;
}
