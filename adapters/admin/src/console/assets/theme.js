// Light or dark, as was chosen before, set before anything is painted. Without a choice the system's is taken.
"use strict";
(() => {
  const choice = localStorage.getItem("tollgate.theme");
  if (choice === "light" || choice === "dark") {
    document.documentElement.dataset.theme = choice;
  }
})();
