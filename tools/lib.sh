# What the scripts of this folder share. To be sourced, after `set -eu`.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() {
  printf '%s\n' "$*"
}

# The packages of these lists that are not installed, one per line.
package_lists=("$top/tools/packages.txt")
missing_packages() {
  local wanted
  wanted=$(grep -hv '^#' "${package_lists[@]}")
  # shellcheck disable=SC2086
  dpkg-query -W -f='${db:Status-Status} ${Package}\n' $wanted 2>/dev/null \
    | sed -n 's/^installed //p' | sort -u \
    | comm -13 - <(printf '%s\n' "$wanted" | sort -u)
}

# Installs what is missing; ends the script with status 3 and the line to run
# if it may not. Does not call apt when nothing is missing.
need_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: expecting the packages of tools/packages.txt"
    return
  fi
  local missing as_root=()
  missing=$(missing_packages | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  local install="apt-get install -y --no-install-recommends $missing"
  if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      say "These packages are missing, and only root may install them. Run:"
      say "  sudo apt-get update && sudo $install"
      exit 3
    fi
    as_root=(sudo -n)
  fi
  say "installing: $missing"
  # shellcheck disable=SC2086
  if ! { "${as_root[@]}" apt-get update -q \
      && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $install; } \
      </dev/null >&2; then
    say "Installing failed. Once apt works, run:"
    say "  ${as_root[*]} apt-get update && ${as_root[*]} $install"
    exit 3
  fi
}

# How many compilers to run at once: one per core, and 1.5 GB for each.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ { print int($2 / 1572864) }' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  echo $((cores < memory ? cores : memory))
}

# build_in FOLDER [meson option…]: configures FOLDER once, then builds it, or
# only the `targets` if there are any. Repeating it is quick when nothing
# changed.
targets=()
build_in() {
  local folder=$1 quiet=()
  shift
  [ -t 1 ] || quiet=(--quiet)
  if [ ! -f "$folder/build.ninja" ]; then
    say "configuring $folder"
    mkdir -p "$folder"
    if ! meson setup "$@" "$folder" "$top" \
        >"$folder/configure.log" 2>&1 </dev/null; then
      cat "$folder/configure.log"
      return 1
    fi
  fi
  say "building $folder"
  ninja -C "$folder" -j "$(build_jobs)" "${quiet[@]}" "${targets[@]}" \
    </dev/null
}
