-- description: Filters of events by what each event says of itself, and by the category of its product.
-- param: country String = ; country ; events from this country alone, by code or name; empty: all
-- param: device_type String = ; any ; events on this kind of device alone; empty: all
-- param: browser String = ; any ; events of this browser alone; empty: all
-- param: utm_source String = ; any ; events that name this UTM source alone; empty: all
-- param: utm_medium String = ; any ; events that name this UTM medium alone; empty: all
-- param: utm_campaign String = ; any ; events that name this UTM campaign alone; empty: all
-- param: category String = ; any ; events that name a product of this category alone; empty: all
    ({country:String} = '' OR events.country = {country:String})
    AND ({device_type:String} = '' OR events.device_type = {device_type:String})
    AND ({browser:String} = '' OR events.browser = {browser:String})
    AND ({utm_source:String} = '' OR events.utm_source = {utm_source:String})
    AND ({utm_medium:String} = '' OR events.utm_medium = {utm_medium:String})
    AND ({utm_campaign:String} = '' OR events.utm_campaign = {utm_campaign:String})
    AND ({category:String} = '' OR events.product_id IN
        (SELECT product_id FROM footfall.current_products WHERE category = {category:String}))
