// A shared object that is no plugin.

extern "C" [[gnu::visibility("default")]] int unrelated() {
  return 0;
}
