// The search: breadth first, so that a counterexample is a shortest one. A state is known by 64 bits of its hash.
#include "actions.hpp"
#include "checks.hpp"
#include <ctime>
#include <deque>
#include <memory>
#include <sys/mman.h>

static uint64_t fingerprint(const State &s) {
    const Byte *bytes = reinterpret_cast<const Byte *>(&s);
    uint64_t hash = 1469598103934665603ULL ^ sizeof s;
    size_t i = 0;
    for (; i + 8 <= sizeof s; i += 8) {
        uint64_t word;
        std::memcpy(&word, bytes + i, 8);
        hash ^= word;
        hash *= 0x9E3779B97F4A7C15ULL;
        hash ^= hash >> 29;
        hash *= 0xBF58476D1CE4E5B9ULL;
        hash ^= hash >> 32;
    }
    for (; i < sizeof s; i++) {
        hash ^= bytes[i];
        hash *= 1099511628211ULL;
    }
    hash ^= hash >> 31;
    return hash ? hash : 1;
}

class Seen {
  public:
    explicit Seen(int bits) : mask((1ULL << bits) - 1) {
        void *pages = mmap(nullptr, 8ULL << bits, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (pages == MAP_FAILED) std::exit(2);
        table = static_cast<uint64_t *>(pages);
    }
    bool add(uint64_t hash) {
        uint64_t at = hash & mask;
        for (; table[at]; at = (at + 1) & mask)
            if (table[at] == hash) return false;
        table[at] = hash;
        return true;
    }
    double bytes() const { return 8.0 * static_cast<double>(mask); }
    uint64_t room() const { return mask / 10 * 8; }

  private:
    uint64_t mask;
    uint64_t *table;
};

// The states of one depth: first in, first out, in large pieces that are freed as soon as they are read.
class Level {
  public:
    void push(const State &s) {
        if (pieces.empty() || last == PIECE) {
            pieces.emplace_back(new State[PIECE]);
            last = 0;
        }
        pieces.back()[last++] = s;
        count++;
    }
    State pop() {
        State s = pieces.front()[first++];
        if (first == PIECE) {
            pieces.pop_front();
            first = 0;
        }
        if (--count == 0) {
            pieces.clear();
            first = last = 0;
        }
        return s;
    }
    size_t size() const { return count; }
    bool empty() const { return count == 0; }
    void swap(Level &other) { std::swap(*this, other); }

  private:
    static constexpr size_t PIECE = 1024;
    std::deque<std::unique_ptr<State[]>> pieces;
    size_t first = 0, last = 0, count = 0;
};

class Search {
  public:
    Search() : seen(options.table_bits) {}

    void run() {
        State first = first_state();
        found(first, 0, Action{'-', 0, 0, 0}, false);
        while (!next.empty() && !broken && !bounded) {
            level.swap(next);
            level_numbers.swap(next_numbers);
            next_numbers.clear();
            depth++;
            expand_level();
        }
    }
    void report() const {
        const char *verdict = broken ? "break" : bounded ? "bounded" : "clean";
        std::printf("%s states=%llu depth=%d seconds=%.1f cut=%llu bytes=%zu %s\n", verdict, static_cast<unsigned long long>(count), depth,
                    seconds(), static_cast<unsigned long long>(cut_by_log_length), sizeof(State), broken ? broken : "");
        if (broken && options.trace) print_trace();
    }

  private:
    Seen seen;
    Level level, next;
    std::deque<uint32_t> level_numbers, next_numbers;
    std::vector<uint32_t> parents;
    std::vector<Action> actions;
    uint64_t count = 0;
    int depth = 0;
    const char *broken = nullptr;
    uint32_t broken_at = 0;
    bool bounded = false;

    // Of the processor, so that a busy machine changes no verdict.
    static double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

    void found(State &s, uint32_t parent, const Action &action, bool reached) {
        settle(s);
        if (!seen.add(fingerprint(s))) return;
        if (options.trace) {
            parents.push_back(parent);
            actions.push_back(action);
            next_numbers.push_back(static_cast<uint32_t>(count));
        }
        broken = reached ? "reached, as wanted" : what_is_broken(s);
        broken_at = static_cast<uint32_t>(count);
        next.push(s);
        count++;
    }
    void expand_level() {
        for (uint64_t expanded = 1; !level.empty() && !broken; expanded++) {
            uint32_t number = 0;
            if (options.trace) {
                number = level_numbers.front();
                level_numbers.pop_front();
            }
            State from = level.pop();
            auto emit = [&](State &s, const Action &action, bool reached = false) {
                if (!broken && is_in_opening(action)) found(s, number, action, reached);
            };
            Successors<decltype(emit)>(from, emit).all();
            if (expanded % 1024 == 0 && is_too_much()) {
                bounded = true;
                return;
            }
        }
    }
    bool is_in_opening(const Action &action) const {
        if (depth - 1 >= static_cast<int>(options.opening.size())) return true;
        const std::string &step = options.opening[depth - 1];
        return step[0] == action.kind && step[1] == NODE_NAMES[action.node] &&
               (step.size() < 3 || std::stoi(step.substr(2)) == action.what);
    }
    bool is_too_much() const {
        double bytes = (level.size() + next.size()) * static_cast<double>(sizeof(State)) + seen.bytes() + (options.trace ? count * 36.0 : 0);
        return count > options.max_states || count > seen.room() || bytes / 1e9 > options.memory || seconds() > options.seconds;
    }
    void print_trace() const {
        std::vector<uint32_t> path;
        for (uint32_t i = broken_at; i; i = parents[i]) path.push_back(i);
        int step = 1;
        for (auto i = path.rbegin(); i != path.rend(); ++i) std::printf("  %2d. %s\n", step++, in_words(actions[*i]).c_str());
    }
};

int main(int count, char **arguments) {
    options = parse_options(count, arguments);
    Search search;
    search.run();
    search.report();
    return 0;
}
