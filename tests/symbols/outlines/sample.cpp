#include <string>

namespace net {
namespace http {

// Glued.
template <class T>
class Client : public Base {
  public:
    Client();
    ~Client() {}
    int retries = 1;
    void send(const std::string& request);
    bool operator==(const Client& other) const {
        return true;
    }
    enum class State {
        Open,
        Closed
    };
};

}  // namespace http
}  // namespace net

namespace a::b {
int limit() { return 3; }
}

template <class T>
void net::http::Client<T>::send(const std::string& request) {
    auto local = [] {};
}

using Id = int;
extern "C" {
int c_limit(void) { return 3; }
}
