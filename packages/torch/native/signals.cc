// Ends of the process by signals while JavaScript is inside libtorch, where it sees none of them.
//
// The handlers stand before those of Node, and pass the first signal on to it.
#include "signals.h"

#include <unistd.h>

#include <csignal>

namespace um {

namespace {

// The time that the process has to end by itself while it is at rest.
constexpr unsigned kGraceSeconds = 1;
constexpr int kSignals = 65;

// Handlers of signals see nothing but what the whole process has.
struct sigaction beneath[kSignals];
int exit_codes[kSignals];
volatile sig_atomic_t first = 0;
volatile sig_atomic_t at_rest = 0;

void end_by(int number) {
  signal(number, SIG_DFL);
  raise(number);
}

void end_late(int) { _exit(exit_codes[first]); }

void receive(int number) {
  // A handler of Node has the signal blocked, so that it ends the process once this returns.
  if (first != 0) return end_by(number);
  first = number;
  if (at_rest) alarm(kGraceSeconds);
  const auto pass = beneath[number].sa_handler;
  if (pass != SIG_DFL && pass != SIG_IGN) pass(number);
}

void install(int number, void (*handler)(int), struct sigaction* earlier) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  sigaction(number, &action, earlier);
}

// watchSignals(numbers, exitCodes): after Node's own listeners are there.
Napi::Value watch_signals(const Napi::CallbackInfo& info) {
  const auto numbers = info[0].As<Napi::Array>();
  const auto codes = info[1].As<Napi::Array>();
  first = 0;
  at_rest = 0;
  install(SIGALRM, end_late, nullptr);
  for (uint32_t i = 0; i < numbers.Length(); i++) {
    const int number = numbers.Get(i).ToNumber().Int32Value();
    if (number >= kSignals) continue;
    exit_codes[number] = codes.Get(i).ToNumber().Int32Value();
    struct sigaction earlier;
    sigaction(number, nullptr, &earlier);
    if (earlier.sa_handler != receive)
      install(number, receive, &beneath[number]);
  }
  return info.Env().Undefined();
}

// setAtRest(whether): whether nothing would be lost by an end at once.
Napi::Value set_at_rest(const Napi::CallbackInfo& info) {
  at_rest = info[0].ToBoolean().Value();
  if (!at_rest) alarm(0);
  return info.Env().Undefined();
}

}  // namespace

void export_signals(Napi::Env env, Napi::Object exports) {
  exports["watchSignals"] = Napi::Function::New(env, watch_signals, "watchSignals");
  exports["setAtRest"] = Napi::Function::New(env, set_at_rest, "setAtRest");
}

}  // namespace um
