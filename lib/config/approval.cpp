#include "lib/config/config.hpp"

namespace loomrel::config {

release::ApprovalRules Config::approval_rules() const {
    return {telegram.approvers,
            telegram.quorum,
            telegram.self_approval,
            people,
            telegram.approval_expires};
}

} // namespace loomrel::config
