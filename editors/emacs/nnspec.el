;;; nnspec.el --- Specs of networks with shapes in line -*- lexical-binding: t -*-

;; Package-Requires: ((emacs "28.1") (eglot "1.9"))

;;; Commentary:
;; nnspec's language server by eglot, which comes with Emacs 29 (for 28 there is a package).  Load this file, and open a spec.

;;; Code:

(require 'eglot)

(define-derived-mode nnspec-mode conf-colon-mode "nnspec"
  "A mode for specs of networks."
  (setq-local indent-tabs-mode nil
              comment-start "# "))

(add-to-list 'magic-mode-alist '("\\`\\(#.*\n\\)*nnspec:" . nnspec-mode))
(add-to-list 'eglot-server-programs '((nnspec-mode :language-id "nnspec") . ("nnspec" "lsp")))
(add-hook 'nnspec-mode-hook #'eglot-ensure)

(provide 'nnspec)
;;; nnspec.el ends here
