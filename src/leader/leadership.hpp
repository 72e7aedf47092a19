#pragma once

#include "leader/leadership_view.hpp"
#include "leader/lease_holder.hpp"
#include "leader/lease_keeper.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace serval {

/// The store's answer to `ask_for_lease`.
struct lease_answer {
  result<lease_grant> grant;
  /// Who had the lease, if the store said so when it granted none.
  std::optional<lease_record> held_by;
};

/// Read the applications of the store and start their app_masters, under
/// `epoch`; the outcome comes back to `leadership::on_recovered`.
struct begin_term {
  serval::epoch epoch;
};

/// The app_masters are to go; what they started serves on.
struct end_term {};

using leadership_effect = std::variant<ask_for_lease, begin_term, end_term>;

/// What this node is to the control plane, and what follows from it. A pure
/// core around the `lease_keeper`, which says when the node may lead.
///
///   starting --answered--> following --granted--> recovering --read--> leading
///                              ^----- lease lost -----'---------------'
///
/// A term whose journals cannot be read ends, and begins again after a while if
/// the lease is still there. One that is not above all that this node has seen
/// does not begin: the store has forgotten who led, and what they wrote.
class leadership {
public:
  leadership(lease_options how, lease_holder me, std::uint64_t seed);

  /// More is known of this node than before, such as where it listens.
  void set_self(lease_holder me) {
    me_ = std::move(me);
  }

  /// To be called at `due()`.
  std::vector<leadership_effect> on_timer(time_point now);

  std::vector<leadership_effect> on_answer(const lease_answer& answer,
                                           time_point now);

  /// How the beginning of a term went. What is said of an earlier one counts
  /// for nothing.
  std::vector<leadership_effect> on_recovered(serval::epoch term,
                                              const result<void>& how,
                                              time_point now);

  /// Leads no more, and does not ask for the lease until `resume`; `reason` is
  /// what commands are answered.
  std::vector<leadership_effect> rest(std::string reason, time_point now);
  void resume(time_point now) {
    keeper_.resume(now);
  }

  /// Whether orders may be given under `term`. Once that is false it stays so.
  bool leads(serval::epoch term, time_point now) const noexcept {
    return term == keeper_.epoch() && keeper_.leads(now);
  }

  /// When `on_timer` has something to do.
  time_point due() const noexcept;

  /// What the store is told to keep of this node.
  std::string holder() const {
    return to_string(me_);
  }

  /// The term that this node has the lease for; 0 if none.
  serval::epoch term() const noexcept {
    return keeper_.epoch();
  }

  leadership_view view() const;

  /// What a command is answered while this node follows.
  error refusal() const;

private:
  std::vector<leadership_effect>
  translate(const std::vector<lease_effect>& effects);

  void note_holder(const lease_answer& answer);

  std::optional<begin_term> begin(serval::epoch term);

  lease_keeper keeper_;
  lease_holder me_;
  leader_role role_ = leader_role::starting;
  /// Why the term could not begin.
  std::string trouble_;
  time_point begin_again_ = time_point::max();
  /// Whom the others follow, as the store said last.
  std::optional<lease_holder> other_;
  serval::epoch other_epoch_;
  /// The highest term that there was, as far as is known here.
  serval::epoch highest_;
};

} // namespace serval
