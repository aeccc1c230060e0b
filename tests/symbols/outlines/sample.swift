import Foundation

/// Glued.
@objc public class Client: Base {
    var retries: Int = 1

    init(name: String) {
        let local = 1
    }

    func send(request: String) -> Int {
        return 1
    }

    static func open() {}
}

extension Client: Sender {
    func close() {
    }
}

protocol Sender {
    func send(request: String) -> Int
}

enum State {
    case open
    case closed(Int)
}

func helper() {}
