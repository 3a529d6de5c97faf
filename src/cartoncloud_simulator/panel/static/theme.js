// Runs before first paint, so a chosen theme never flashes. Nothing chosen means: as the system says.
{
  const theme = localStorage.getItem("simulator-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
