// Ends of the process by signals while JavaScript is busy, as inside libtorch, and sees none of them.
//
// The handlers stand before those of Node, and pass the first signal on to it. A thread ends the
// process, as a handler could neither wait nor remove files.
#include "signals.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace {

// The time that the process has to end by itself while it is at rest.
constexpr int kGraceMs = 1000;
constexpr int kSignals = 65;

// What a handler tells the thread: to end the process within the time above, at once, or by the
// signal itself.
constexpr char kSoon = 's';
constexpr char kNow = 'n';
constexpr char kBySignal = 'k';

// Handlers of signals see nothing but what the whole process has.
struct sigaction beneath[kSignals];
int exitCodes[kSignals];
// Whether JavaScript listens; Node has handlers of its own without that.
bool isHeard[kSignals];
volatile sig_atomic_t first = 0;
volatile sig_atomic_t last = 0;
volatile sig_atomic_t atRest = 0;
int calls[2];

// Said by handlers: at rest, in the middle of a step, and where nobody listens.
std::string* words[3];

// Files and folders that go with the process. They are never destroyed, as the thread ends last.
std::mutex& lock = *new std::mutex;
std::set<std::string>& unfinished = *new std::set<std::string>;

int removeOne(const char* path, const struct stat*, int, struct FTW*) {
  remove(path);
  return 0;
}

void removeAll(const char* path) {
  struct stat found;
  // Files may appear in a folder while it is removed. Links are not followed.
  for (int turn = 0; turn < 3 && lstat(path, &found) == 0; turn++)
    nftw(path, removeOne, 16, FTW_DEPTH | FTW_PHYS);
}

[[noreturn]] void end(char call) {
  // Nothing else is begun from here on.
  lock.lock();
  for (const auto& path : unfinished) removeAll(path.c_str());
  if (call == kBySignal) {
    signal(last, SIG_DFL);
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
    raise(last);
  }
  _exit(exitCodes[first]);
}

void endWhenCalled() {
  int patience = -1;
  for (;;) {
    pollfd source = {calls[0], POLLIN, 0};
    const int found = poll(&source, 1, patience);
    if (found < 0) continue;
    if (found == 0 && first != 0 && atRest) end(kSoon);
    patience = -1;
    char call = 0;
    if (found == 0 || read(calls[0], &call, 1) != 1) continue;
    if (call == kSoon) patience = kGraceMs;
    else end(call);
  }
}

void callThread(char call) { (void)!write(calls[1], &call, 1); }

void say(const std::string* text) {
  if (text != nullptr) (void)!write(STDERR_FILENO, text->data(), text->size());
}

void receive(int number) {
  const int error = errno;
  last = number;
  if (first != 0) {
    callThread(kBySignal);
  } else {
    first = number;
    if (isHeard[number]) {
      say(words[atRest ? 0 : 1]);
      if (atRest) callThread(kSoon);
      beneath[number].sa_handler(number);
    } else {
      say(words[2]);
      callThread(kNow);
    }
  }
  errno = error;
}

void install(int number) {
  struct sigaction action = {};
  action.sa_handler = receive;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  sigaction(number, &action, &beneath[number]);
}

// No handler runs in the thread: it is the one that they call.
void startThread() {
  if (pipe(calls) != 0) return;
  for (const int end : calls) fcntl(end, F_SETFD, FD_CLOEXEC);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread(endWhenCalled).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// watchSignals(numbers, exitCodes, isHeard, words): after Node's own listeners are there.
Napi::Value watchSignals(const Napi::CallbackInfo& info) {
  const auto numbers = info[0].As<Napi::Array>();
  const auto codes = info[1].As<Napi::Array>();
  const auto heard = info[2].As<Napi::Array>();
  const auto texts = info[3].As<Napi::Array>();
  static std::once_flag started;
  std::call_once(started, startThread);
  first = 0;
  atRest = 0;
  for (uint32_t i = 0; i < texts.Length() && i < 3; i++) {
    // A handler may be reading the one before.
    words[i] = new std::string(texts.Get(i).ToString().Utf8Value());
  }
  for (uint32_t i = 0; i < numbers.Length(); i++) {
    const int number = numbers.Get(i).ToNumber().Int32Value();
    if (number >= kSignals) continue;
    exitCodes[number] = codes.Get(i).ToNumber().Int32Value();
    isHeard[number] = heard.Get(i).ToBoolean().Value();
    struct sigaction earlier;
    sigaction(number, nullptr, &earlier);
    if (earlier.sa_handler != receive) install(number);
  }
  return info.Env().Undefined();
}

// setAtRest(whether): whether nothing would be lost by an end at once.
Napi::Value setAtRest(const Napi::CallbackInfo& info) {
  atRest = info[0].ToBoolean().Value();
  return info.Env().Undefined();
}

// setUnfinished(path, whether): whether a file or folder is to go with a process that a signal ends.
Napi::Value setUnfinished(const Napi::CallbackInfo& info) {
  const std::string path = info[0].ToString().Utf8Value();
  const std::lock_guard<std::mutex> guard(lock);
  if (info[1].ToBoolean().Value()) unfinished.insert(path);
  else unfinished.erase(path);
  return info.Env().Undefined();
}

}  // namespace

void exportSignals(Napi::Env env, Napi::Object exports) {
  exports["watchSignals"] = Napi::Function::New(env, watchSignals, "watchSignals");
  exports["setAtRest"] = Napi::Function::New(env, setAtRest, "setAtRest");
  exports["setUnfinished"] = Napi::Function::New(env, setUnfinished, "setUnfinished");
}
