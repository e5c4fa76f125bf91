-- The SPIFFE id of an X.509 certificate (DER), read by the sidecar: "" where there is not exactly one.
local SAN = "\x55\x1d\x11" -- 2.5.29.17, RFC 5280 section 4.2.1.6

-- One element at `at`: tag, where its content begins, where it ends. Errors for what is no DER.
local function element(der, at)
  local tag, length = der:byte(at), der:byte(at + 1)
  local from = at + 2
  if length >= 0x80 then
    local count = length - 0x80
    assert(count >= 1 and count <= 3, "length")
    length = 0
    for _ = 1, count do
      length, from = length * 256 + der:byte(from), from + 1
    end
  end
  assert(from + length - 1 <= #der, "too short")
  return tag, from, from + length - 1
end

-- The elements between two places, in order: {tag, from, to}.
local function elements(der, from, to)
  local found = {}
  while from <= to do
    local tag, first, last = element(der, from)
    assert(last <= to, "too long")
    found[#found + 1] = { tag = tag, from = first, to = last }
    from = last + 1
  end
  return found
end

local function inside(der, row)
  return elements(der, row.from, row.to)
end

-- The URIs of one extension, added to `uris`; another extension adds none.
local function extension(der, row, uris)
  local parts = inside(der, row)
  if der:sub(parts[1].from, parts[1].to) ~= SAN then
    return
  end
  local names = inside(der, parts[#parts])
  for _, name in ipairs(inside(der, names[1])) do
    if name.tag == 0x86 then
      uris[#uris + 1] = der:sub(name.from, name.to)
    end
  end
end

local function uris_of(der)
  local uris = {}
  local certificate = inside(der, elements(der, 1, #der)[1])
  for _, field in ipairs(inside(der, certificate[1])) do
    if field.tag == 0xa3 then
      for _, row in ipairs(inside(der, inside(der, field)[1])) do
        extension(der, row, uris)
      end
    end
  end
  return uris
end

-- Asked with hex digits: HAProxy cuts binary at its first zero byte for a converter.
local function spiffe(digits)
  local der = digits:gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end)
  local sound, uris = pcall(uris_of, der)
  if not sound or #uris ~= 1 then
    return ""
  end
  -- Nothing that a map, a log line or a person would misread (SPIFFE-ID section 2).
  return uris[1]:match("^spiffe://[a-z0-9._-]+/[a-zA-Z0-9._/-]+$") or ""
end

core.register_converters("spiffe", spiffe)
