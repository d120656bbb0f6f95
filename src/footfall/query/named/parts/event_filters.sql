-- description: The common filters of events.
-- param: event_type String = ; any ; events of this type alone; empty: all
    ({event_type:String} = '' OR events.event_type = {event_type:String})
    AND {part:context_filters}
