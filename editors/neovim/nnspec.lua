-- nnspec's language server in Neovim 0.11 or newer: put this file into ~/.config/nvim/plugin/.
-- Shapes stand behind their lines as soon as a spec is open; `:NnspecHints` switches them.
vim.lsp.config('nnspec', {
  cmd = { 'nnspec', 'lsp' },
  filetypes = { 'yaml' },
  root_markers = { 'pyproject.toml', '.git' },
  init_options = { hints = { shapes = true, parameters = true, budget = true } },
})
vim.lsp.enable('nnspec')

vim.api.nvim_create_autocmd('LspAttach', {
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'nnspec' then
      vim.lsp.inlay_hint.enable(true, { bufnr = event.buf })
    end
  end,
})

vim.api.nvim_create_user_command('NnspecHints', function()
  vim.lsp.inlay_hint.enable(not vim.lsp.inlay_hint.is_enabled({ bufnr = 0 }), { bufnr = 0 })
end, {})

-- What the lenses above a spec run: check, show, draw or train of its file, in a terminal below.
vim.lsp.commands['nnspec.run'] = function(command)
  local arguments = vim.list_extend({ 'nnspec' }, command.arguments)
  vim.cmd('botright 15new')
  vim.fn.jobstart(arguments, { term = true })
end
