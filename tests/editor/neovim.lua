-- Drives Neovim as a user would: `nvim --headless -u NONE SPEC -l` is not enough, since an editor's loop has to run.
-- Prints a line for each step; the test reads them.
vim.o.swapfile = false
vim.cmd('filetype on')
dofile(vim.env.NNSPEC_NEOVIM_CONFIGURATION)

local function say(...) io.stdout:write(table.concat({ ... }, ' '), '\n') end
local function wait(what, condition)
  say(vim.wait(60000, condition, 20) and 'ok' or 'FAIL', what)
end
local function row(text)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    if line:find(text, 1, true) then return number end
  end
end

vim.cmd.edit(vim.env.NNSPEC_SPEC)
wait('attached', function() return #vim.lsp.get_clients({ bufnr = 0 }) == 1 end)
wait('hints', function() return #vim.lsp.inlay_hint.get({ bufnr = 0 }) >= 3 end)
for _, hint in ipairs(vim.lsp.inlay_hint.get({ bufnr = 0 })) do
  say('hint', hint.inlay_hint.position.line, hint.inlay_hint.label)
end

local line = row('Flatten')
vim.api.nvim_buf_set_lines(0, line - 1, line, false, { '  - Flaten' })
wait('diagnostic', function() return #vim.diagnostic.get(0) == 1 end)
local found = vim.diagnostic.get(0)[1]
say('diagnostic', found.lnum, found.code)
local client = vim.lsp.get_clients({ bufnr = 0 })[1]
local function request(method, parameters)
  parameters.textDocument = { uri = vim.uri_from_bufnr(0) }
  local answer = client:request_sync(method, parameters, 20000, 0)
  assert(answer and not answer.err, vim.inspect(answer))
  return answer.result
end
local place = { line = line - 1, character = 6 }
local actions = request('textDocument/codeAction', {
  range = { start = place, ['end'] = place },
  context = { diagnostics = { found.user_data.lsp } },
})
say('action', actions[1].title)
vim.lsp.util.apply_workspace_edit(actions[1].edit, client.offset_encoding)
wait('clean again', function() return #vim.diagnostic.get(0) == 0 end)
say('line', vim.api.nvim_buf_get_lines(0, line - 1, line, false)[1])

line = row('$width')
local column = vim.api.nvim_buf_get_lines(0, line - 1, line, false)[1]:find('width', 1, true)
local edit = request('textDocument/rename', { position = { line = line - 1, character = column }, newName = 'units' })
vim.lsp.util.apply_workspace_edit(edit, client.offset_encoding)
say('renamed', vim.api.nvim_buf_get_lines(0, line - 1, line, false)[1])
vim.cmd('qa!')
