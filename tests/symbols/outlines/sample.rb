# frozen_string_literal: true

require "json"

# Glued.
module Net::Http
  LIMIT = 3

  class Client < Base
    attr_reader :retries

    def send(request)
      local = 1
    end

    def self.open; end

    private def close
    end

    class << self
      def build
      end
    end
  end
end
