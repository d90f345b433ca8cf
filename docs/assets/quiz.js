// Self-check questions: a choice answers at once. Without this script the answers stand folded beneath the choices.
function mountQuizzes() {
  for (const quiz of document.querySelectorAll("fieldset.quiz:not([data-mounted])")) {
    quiz.dataset.mounted = "true";
    quiz.querySelector(":scope > details")?.remove();
    for (const feedback of quiz.querySelectorAll(".quiz-feedback")) feedback.setAttribute("role", "status");
    quiz.addEventListener("change", () => {
      for (const item of quiz.querySelectorAll(".quiz-item")) {
        const chosen = item.querySelector("input").checked;
        item.querySelector(".quiz-feedback").hidden = !chosen;
        item.classList.toggle("quiz-chosen", chosen);
      }
    });
  }
}

if (window.document$) window.document$.subscribe(mountQuizzes);
else mountQuizzes();
