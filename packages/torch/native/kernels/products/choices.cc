#include "choices.h"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <map>
#include <mutex>
#include <sstream>

namespace um::kernels {

namespace {

// Each way is measured so often, in turns with the others; the best counts.
constexpr int kRounds = 5;
// Another way than the usual one has to be faster by this, or the difference may be chance.
constexpr double kGain = 0.96;

// Seconds of the clock, and of them those in which this thread was at work: where others use the
// machine the first say little, and where work is shared unevenly the others.
struct Spent {
  double clock = std::numeric_limits<double>::infinity();
  double work = std::numeric_limits<double>::infinity();

  void lower_to(const Spent& other) {
    clock = std::min(clock, other.clock);
    work = std::min(work, other.work);
  }

  // By the clock that flatters less.
  double share_of(const Spent& usual) const {
    return std::max(clock / usual.clock, work / usual.work);
  }
};

double now(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

Spent spent(const std::function<void()>& body) {
  const double clock = now(CLOCK_MONOTONIC), work = now(CLOCK_THREAD_CPUTIME_ID);
  body();
  return {now(CLOCK_MONOTONIC) - clock, now(CLOCK_THREAD_CPUTIME_ID) - work};
}

// An open file that closes itself, and with it gives up its lock.
class File {
 public:
  File(const std::string& path, int flags) : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  bool lock() const { return flock(descriptor_, LOCK_EX) == 0; }

  std::string read_all() const {
    std::string text;
    std::array<char, 4096> part;
    lseek(descriptor_, 0, SEEK_SET);
    for (ssize_t count; (count = read(descriptor_, part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<size_t>(count));
    return text;
  }

  bool append(const std::string& line) const {
    return write(descriptor_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  }

 private:
  int descriptor_;
};

constexpr int kToWrite = O_RDWR | O_CREAT | O_APPEND;

class Choices {
 public:
  // Never destroyed: threads may compute while the process exits.
  static Choices& instance() {
    static auto* choices = new Choices();
    return *choices;
  }

  void keep_in(const std::string& path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (path == path_) return;
    path_ = path;
    known_.clear();
    is_read_ = false;
    measures_ = false;
  }

  Way choose(
      const std::string& kind, const std::vector<Way>& ways,
      const std::function<void(Way)>& compute) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!is_read_) begin();
    const auto found = known_.find(kind);
    if (found != known_.end()) return allowed(found->second, ways);
    if (!measures_) return ways.front();
    return allowed(keep(kind, fastest(ways, compute)), ways);
  }

  size_t size() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!is_read_) begin();
    return known_.size();
  }

 private:
  static Way allowed(Way way, const std::vector<Way>& ways) {
    return std::find(ways.begin(), ways.end(), way) == ways.end() ? ways.front() : way;
  }

  void begin() {
    is_read_ = true;
    if (path_.empty()) return;
    std::error_code failure;
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), failure);
    measures_ = File(path_, kToWrite).is_open();
    const File file(path_, O_RDONLY);
    if (file.is_open()) learn(file.read_all());
  }

  // Lines of a kind and a way, the first of a kind counts; a line that was not finished is skipped.
  void learn(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
      std::istringstream words(line);
      std::string kind, name, rest;
      if (!(words >> kind >> name) || (words >> rest)) continue;
      if (const auto way = way_named(name)) known_.emplace(kind, *way);
    }
  }

  // What another process has measured meanwhile is taken instead.
  Way keep(const std::string& kind, Way way) {
    const File file(path_, kToWrite);
    const bool is_locked = file.is_open() && file.lock();
    if (is_locked) {
      const std::string text = file.read_all();
      learn(text);
      const auto found = known_.find(kind);
      if (found != known_.end()) return found->second;
      const std::string end = text.empty() || text.back() == '\n' ? "" : "\n";
      if (file.append(end + kind + " " + name_of(way) + "\n")) return known_[kind] = way;
    }
    measures_ = false;
    return known_[kind] = kWays.front();
  }

  static Way fastest(const std::vector<Way>& ways, const std::function<void(Way)>& compute) {
    std::vector<Spent> best(ways.size());
    for (const Way way : ways) compute(way);
    for (int round = 0; round < kRounds; round++) {
      for (size_t i = 0; i < ways.size(); i++) best[i].lower_to(spent([&] { compute(ways[i]); }));
    }
    size_t chosen = 0;
    double share = kGain;
    for (size_t i = 1; i < ways.size(); i++) {
      if (best[i].share_of(best[0]) >= share) continue;
      share = best[i].share_of(best[0]);
      chosen = i;
    }
    return ways[chosen];
  }

  std::mutex mutex_;
  std::string path_;
  std::map<std::string, Way> known_;
  bool is_read_ = false;
  // Whether there is a file to write to.
  bool measures_ = false;
};

}  // namespace

void keep_choices_in(const std::string& path) {
  Choices::instance().keep_in(path);
}

Way choice(
    const std::string& kind, const std::vector<Way>& ways,
    const std::function<void(Way)>& compute) {
  return Choices::instance().choose(kind, ways, compute);
}

size_t known_choices() {
  return Choices::instance().size();
}

}  // namespace um::kernels
