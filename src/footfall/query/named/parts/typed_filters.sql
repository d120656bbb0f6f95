-- description: The filters of events of one moment, which take no segment: those are as of the end of a range.
-- param: event_type String = ; any ; events of this type alone; empty: all
    ({event_type:String} = '' OR events.event_type = {event_type:String})
    AND {part:plain_filters}
